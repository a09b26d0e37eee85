-- Asks `cognito-authorizer serve --proxy haproxy --listen @AUTHORIZER@` about each request.

local AUTHORIZER = "http://@AUTHORIZER@/check"
-- HAProxy tries four times, so a client waits for up to four times as long.
local TIMEOUT_MS = 250

local IDENTITY = {
    "x-cognito-subject", "x-cognito-client-id", "x-cognito-username", "x-cognito-scope",
    "x-cognito-groups", "x-cognito-token-use", "x-cognito-claims",
}

-- Headers of the connection or of the body, and those that this script sets.
local OWN = {
    ["connection"] = true, ["content-length"] = true, ["expect"] = true, ["keep-alive"] = true,
    ["proxy-connection"] = true, ["te"] = true, ["trailer"] = true, ["transfer-encoding"] = true, ["upgrade"] = true,
    ["x-original-method"] = true, ["x-original-uri"] = true,
}

local function refuse(txn, status, headers, body)
    local reply = txn:reply({ status = status })
    for name, values in pairs(headers or {}) do
        if not OWN[name] then
            for _, value in pairs(values) do
                reply:add_header(name, value)
            end
        end
    end
    reply:set_body(body or "")
    txn:done(reply)
end

core.register_action("cognito_check", { "http-req" }, function(txn)
    -- The path and query as they arrived; there is none in `OPTIONS *` and `CONNECT`.
    local path = txn.f:pathq()
    if path == nil or path:sub(1, 1) ~= "/" then
        return refuse(txn, 400)
    end
    local headers = {}
    for name, values in pairs(txn.http:req_get_headers()) do
        if not OWN[name] then
            headers[name] = {}
            -- The list of HAProxy begins at 0.
            for _, value in pairs(values) do
                table.insert(headers[name], value)
            end
        end
    end
    headers["x-original-method"] = { txn.f:method() }
    headers["x-original-uri"] = { path }

    local answer = core.httpclient():get({ url = AUTHORIZER, headers = headers, timeout = TIMEOUT_MS })
    if answer == nil or answer.status == nil or answer.status == 0 then
        return refuse(txn, 503, { ["retry-after"] = { "1" } }, "")
    end
    if answer.status ~= 200 then
        return refuse(txn, answer.status, answer.headers, answer.body)
    end
    for _, name in ipairs(IDENTITY) do
        local value = ""
        for _, given in pairs(answer.headers[name] or {}) do
            value = given
        end
        txn.http:req_set_header(name, value)
    end
    -- The configuration refuses whatever gets here without this.
    txn:set_var("txn.cognito_allowed", "yes")
end)
