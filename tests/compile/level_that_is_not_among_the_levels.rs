//~ `urn:cognito:loa:5` must be among the levels exactly once

cognito_authorizer::acr_levels! { pub Strong = "urn:cognito:loa:5" }
