import { buildSchema } from 'graphql'

/** The part of W&B's GraphQL schema that fine-tuning runs need, and that its own Python client asks for. */
export const schema = buildSchema(`
  scalar JSON
  scalar JSONString
  scalar DateTime
  scalar Int64

  type Query {
    viewer(entityName: String): User
    project(name: String, entityName: String): Project
    model(name: String, entityName: String): Project
    serverInfo: ServerInfo
  }

  type ServerInfo { features: [ServerFeature]! }
  type ServerFeature { name: String! isEnabled: Boolean! }
  type User {
    id: ID!
    name: String
    entity: String
    username: String
    email: String
    admin: Boolean
    flags: JSONString
    teams: TeamConnection
    deletedAt: DateTime
    apiKeys: ApiKeyConnection
  }
  type ApiKeyConnection { edges: [ApiKeyEdge!]! }
  type ApiKeyEdge { node: ApiKey }
  type ApiKey { id: ID! name: String! description: String }
  type TeamConnection { edges: [TeamEdge!]! }
  type TeamEdge { node: Entity }
  type Entity { id: ID! name: String! }

  type Project {
    id: ID!
    internalId: ID
    name: String!
    readOnly: Boolean
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
    description: String
    group: String
    commit: String
    sweepName: String
    host: String
    projectId: ID
    readOnly: Boolean
    user: User
    config: JSONString
    wandbConfig(keys: [String!]): JSONString
    summaryMetrics: JSONString
    systemMetrics: JSONString
    historyLineCount: Int
    eventsLineCount: Int
    logLineCount: Int
    historyTail: JSONString
    eventsTail: JSONString
    historyKeys: JSON
    parquetHistory(liveKeys: [String!]!): ParquetHistory
    history(minStep: Int64, maxStep: Int64, samples: Int): [JSONString!]
    createdAt: DateTime!
    heartbeatAt: DateTime
  }

  type ParquetHistory { parquetUrls: [String!]! liveData: [JSON] }

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
    jobProgram: String
    jobRepo: String
    sweep: String
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
