import { buildSchema } from 'graphql'

/** The part of W&B's GraphQL schema that fine-tuning runs need. */
export const schema = buildSchema(`
  scalar JSON
  scalar JSONString
  scalar DateTime

  type Query {
    viewer(entityName: String): User
    project(name: String, entityName: String): Project
    model(name: String, entityName: String): Project
    serverInfo: ServerInfo
  }

  type ServerInfo { features: [ServerFeature]! }
  type ServerFeature { name: String! isEnabled: Boolean! }
  type User { id: ID! entity: String username: String }
  type Entity { id: ID! name: String! }

  type Project {
    id: ID!
    name: String!
    entity: Entity!
    runs(after: String, first: Int, filters: JSONString, order: String): RunConnection
    runCount(filters: JSONString): Int!
    run(name: String!): Run
    bucket(name: String!, missingOk: Boolean): Run
  }

  type RunConnection { edges: [RunEdge!]! pageInfo: PageInfo! totalCount: Int! }
  type RunEdge { cursor: String! node: Run! }
  type PageInfo { startCursor: String endCursor: String hasNextPage: Boolean! hasPreviousPage: Boolean! }

  type Run {
    id: ID!
    name: String!
    displayName: String
    project: Project
    tags: [String!]
    state: String
    jobType: String
    notes: String
    config: JSONString
    summaryMetrics: JSONString
    historyLineCount: Int
    createdAt: DateTime!
  }

  type Mutation {
    upsertBucket(input: UpsertBucketInput!): UpsertBucketPayload
    createRunFiles(input: CreateRunFilesInput!): CreateRunFilesPayload
    markRunFilesUploaded(input: CreateRunFilesInput!): SuccessPayload
    deleteRun(input: DeleteRunInput!): DeleteRunPayload
  }

  input UpsertBucketInput {
    id: String
    name: String
    modelName: String
    entityName: String
    groupName: String
    displayName: String
    description: String
    notes: String
    jobType: String
    state: String
    config: JSONString
    summaryMetrics: JSONString
    tags: [String]
    commit: String
    host: String
    debug: Boolean
    clientMutationId: String
  }
  type UpsertBucketPayload { bucket: Run inserted: Boolean updateAvailable: Boolean }

  input CreateRunFilesInput { entityName: String! projectName: String! runName: String! files: [String!]! }
  type CreateRunFilesPayload { runID: ID! uploadHeaders: [String!]! files: [File!]! }
  type File { name: String! uploadUrl: String }
  type SuccessPayload { success: Boolean }

  input DeleteRunInput { id: ID! deleteArtifacts: Boolean }
  type DeleteRunPayload { clientMutationId: String }
`)
