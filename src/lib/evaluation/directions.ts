export * from '../datasets/reverse/directions.ts'
