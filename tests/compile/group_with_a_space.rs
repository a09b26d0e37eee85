//~ `the operators` is not a group; one has 1 to 128 characters, none of them white space or invisible

cognito_authorizer::groups! { pub Operators = "the operators" }
