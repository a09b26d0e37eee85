//! Recognises which command printed a file, by members that only its output has.

use crate::{
    problem::{Problem, error},
    session::Session,
    source::Span,
    tree::{Content, Key, Map, Node},
};

/// A command of the AWS CLI whose output is read, or that is easily mistaken for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    RestApi,
    Resources,
    Method,
    RestAuthorizers,
    GatewayResponses,
    RestStages,
    HttpApi,
    Routes,
    HttpAuthorizers,
    HttpStages,
    UserPool,
    UserPoolClient,
    UserPoolClients,
    ResourceServers,
    Groups,
    /// A list without items: which of several commands printed it makes no difference.
    Nothing,
    /// Output that affects no route: deployments, models, integrations.
    Other(&'static str),
}

/// The output of a command.
#[derive(Clone, Debug)]
pub(super) struct Output<'n> {
    pub(super) kind: Kind,
    pub(super) root: &'n Node,
    /// The items of a list, or the one thing.
    pub(super) items: Vec<&'n Node>,
    /// Whether the command prints a list.
    pub(super) is_list: bool,
}

impl<'n> Output<'n> {
    /// The output that the file is, if it is one.
    pub(super) fn of(root: &'n Node) -> Option<Self> {
        let map = root.map()?;
        let list = |kind: Kind, key: &str| {
            let items = map.find(key)?.items()?.iter().collect();
            Some(Self { kind, root, items, is_list: true })
        };
        let wrapped =
            |kind: Kind, key: &str| Some(Self { kind, root, items: vec![map.find(key)?], is_list: false });
        if is_list(map) {
            // REST APIs have `items`, HTTP APIs `Items`, and the stages of REST APIs `item`.
            for key in ["items", "Items", "item"] {
                let Some(items) = map.items_at(key) else { continue };
                let kind = match items.first() {
                    None => Kind::Nothing,
                    Some(item) => kind_of(item.map()?)?,
                };
                return list(kind, key);
            }
        }
        let is_only = |key: &str| map.find(key).is_some() && map.keys().count() <= 2;
        if is_only("UserPool") {
            return wrapped(Kind::UserPool, "UserPool");
        }
        if is_only("UserPoolClient") {
            return wrapped(Kind::UserPoolClient, "UserPoolClient");
        }
        if is_only("ResourceServer") {
            return wrapped(Kind::ResourceServers, "ResourceServer");
        }
        for (key, kind) in [
            ("ResourceServers", Kind::ResourceServers),
            ("UserPoolClients", Kind::UserPoolClients),
            ("Groups", Kind::Groups),
            ("UserPools", Kind::Other("`list-user-pools`")),
        ] {
            if is_only(key) {
                return list(kind, key);
            }
        }
        let kind = kind_of(map)?;
        Some(Self { kind, root, items: vec![root], is_list: false })
    }

    /// The first byte of the output, for problems of the whole output.
    pub(super) fn start(&self) -> Span {
        self.root.span.beginning()
    }

    /// Reports an output that is incomplete, or from a command that prints only a part.
    pub(super) fn check(&self, session: &Session<'_>) -> Result<(), ()> {
        let problem = self.page().or_else(|| self.part()).or_else(|| self.function());
        match problem {
            None => Ok(()),
            Some(problem) => {
                problem.report(session);
                Err(())
            }
        }
    }

    /// An error for one page of an answer.
    fn page(&self) -> Option<Problem> {
        let map = self.root.map().filter(|_| self.is_list)?;
        let more = ["position", "NextToken", "nextToken", "PaginationToken"];
        let key = more.iter().find_map(|key| map.entry(key)).filter(|entry| !entry.value.is_null())?;
        Some(
            error!(AWS_001, "this is one page of the output of {}", self.kind.command())
                .at(key.key.span, "more pages follow")
                .help("run the command again without `--no-paginate`, `--max-items` and `--page-size`"),
        )
    }

    /// An error for the output of a command about one resource, method or route.
    fn part(&self) -> Option<Problem> {
        let (what, instead) = match self.kind {
            Kind::Method => ("one method", Kind::Resources),
            Kind::Resources if !self.is_list => ("one resource", Kind::Resources),
            Kind::Routes if !self.is_list => ("one route", Kind::Routes),
            Kind::UserPoolClients => return Some(self.names_only()),
            _ => return None,
        };
        Some(
            error!(AWS_001, "this is only {what} of an API")
                .at(self.start(), "the output of a command for a part")
                .help(format!("read the output of {}", instead.command())),
        )
    }

    /// An error for a function of a template, which would be evaluated: `{"Ref": "AWS::NoValue"}` would become no value.
    fn function(&self) -> Option<Problem> {
        let key = self.items.iter().find_map(|item| function_in(item))?;
        Some(
            error!(AWS_001, "`{}` is a function of a template, which no command prints", key.text)
                .at(key.span, "here")
                .help(format!("read the output of {} unchanged", self.kind.command())),
        )
    }

    fn names_only(&self) -> Problem {
        error!(AWS_001, "`list-user-pool-clients` prints only the names of app clients")
            .at(self.start(), "the settings of the clients are not here")
            .help(format!("read the output of {} for each client", Kind::UserPoolClient.command()))
    }
}

/// The key of a function of a template. The keys of tags and variables are names that people choose.
fn function_in(node: &Node) -> Option<&Key> {
    const NAMED_BY_PEOPLE: [&str; 5] = ["tags", "Tags", "UserPoolTags", "variables", "StageVariables"];
    match &node.content {
        Content::Scalar(_) => None,
        Content::List(items) => items.iter().find_map(function_in),
        Content::Map(map) => map.function().or_else(|| {
            let read = map.unread().iter().filter(|entry| !NAMED_BY_PEOPLE.contains(&&*entry.key.text));
            read.into_iter().find_map(|entry| function_in(&entry.value))
        }),
    }
}

/// The output of a list has nothing beside its items and the mark of a page.
fn is_list(map: &Map) -> bool {
    let known = |key: &str| {
        matches!(
            key,
            "items"
                | "Items"
                | "item"
                | "position"
                | "NextToken"
                | "nextToken"
                | "ResponseMetadata"
                | "count"
        )
    };
    map.keys().all(|key| known(&key.text))
}

/// The command that prints such an item, or a list of them.
fn kind_of(map: &Map) -> Option<Kind> {
    let has = |key: &str| map.find(key).is_some();
    Some(match () {
        () if has("ApiId") && has("ProtocolType") => Kind::HttpApi,
        () if has("RouteKey") && (has("RouteId") || has("AuthorizationType")) => Kind::Routes,
        () if has("AuthorizerId") && has("AuthorizerType") => Kind::HttpAuthorizers,
        () if has("StageName") => Kind::HttpStages,
        () if has("IntegrationId") => Kind::Other("`get-integrations`"),
        () if has("DeploymentId") => Kind::Other("`get-deployments`"),
        () if has("ModelId") => Kind::Other("`get-models`"),
        () if has("responseType") && (has("defaultResponse") || has("responseParameters")) => {
            Kind::GatewayResponses
        }
        () if has("stageName") => Kind::RestStages,
        () if has("httpMethod") && has("authorizationType") => Kind::Method,
        // The root has neither a parent nor a part.
        () if has("id") && has("path") => Kind::Resources,
        () if has("id") && has("name") && has("type") => Kind::RestAuthorizers,
        () if has("id") && (has("rootResourceId") || has("endpointConfiguration") || has("apiKeySource")) => {
            Kind::RestApi
        }
        () if has("id") && has("contentType") => Kind::Other("`get-models`"),
        () if has("id") && (has("validateRequestBody") || has("validateRequestParameters")) => {
            Kind::Other("`get-request-validators`")
        }
        () if has("id") && has("createdDate") && !has("name") => Kind::Other("`get-deployments`"),
        () if has("GroupName") && has("UserPoolId") => Kind::Groups,
        () => return None,
    })
}

impl Kind {
    /// The command that prints it, for messages and helps.
    pub(super) fn command(self) -> String {
        self.command_for("ID")
    }

    /// The same with the id of the API.
    pub(super) fn command_for(self, api: &str) -> String {
        match self {
            Self::RestApi => format!("`aws apigateway get-rest-api --rest-api-id {api}`"),
            Self::Resources | Self::Method => {
                format!("`aws apigateway get-resources --rest-api-id {api} --embed methods`")
            }
            Self::RestAuthorizers => format!("`aws apigateway get-authorizers --rest-api-id {api}`"),
            Self::GatewayResponses => format!("`aws apigateway get-gateway-responses --rest-api-id {api}`"),
            Self::RestStages => format!("`aws apigateway get-stages --rest-api-id {api}`"),
            Self::HttpApi => format!("`aws apigatewayv2 get-api --api-id {api}`"),
            Self::Routes => format!("`aws apigatewayv2 get-routes --api-id {api}`"),
            Self::HttpAuthorizers => format!("`aws apigatewayv2 get-authorizers --api-id {api}`"),
            Self::HttpStages => format!("`aws apigatewayv2 get-stages --api-id {api}`"),
            Self::UserPool => "`aws cognito-idp describe-user-pool --user-pool-id ID`".into(),
            Self::UserPoolClient | Self::UserPoolClients => {
                "`aws cognito-idp describe-user-pool-client --user-pool-id ID --client-id ID`".into()
            }
            Self::ResourceServers => {
                "`aws cognito-idp list-resource-servers --user-pool-id ID --max-results 50`".into()
            }
            Self::Groups => "`aws cognito-idp list-groups --user-pool-id ID`".into(),
            Self::Nothing => "a command of the AWS CLI".into(),
            Self::Other(name) => name.into(),
        }
    }
}
