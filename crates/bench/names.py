"""Names in the results that more than one file uses."""

BARE, BASE = "bare axum", "axum with a no-op layer"
OURS, UNCACHED = "cognito-authorizer", "cognito-authorizer, cache off"
FASTIFY = "fastify + aws-jwt-verify"
NO_FETCH = "none"
