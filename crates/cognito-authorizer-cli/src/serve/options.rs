//! The arguments of `serve`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{ArgGroup, Args, ValueEnum};
use cognito_forward_auth::{Proxy, WhenUnavailable};

use super::wiring::{Addresses, Target};
use crate::{definition::Unlisted, http::HttpUrl, rules::ProfileName, secret::Secret};

/// Answer the checks of a proxy: forward auth over HTTP, and Envoy's external authorization over gRPC
///
/// Authorizes requests in front of services of any language, by the routes of an API definition or of a small file. It answers
/// below `/check` as the middleware would, with 200 for an allowed request, and at `/livez`, `/readyz` and `/status` about itself.
/// Print the configuration of the proxy with `--print-config`: it removes what a client could forge.
///
/// *Security*: only the proxy should be able to reach it.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("routes").args(["definition", "config", "print_config"]).required(true),
    override_usage = concat!(
        "cognito-authorizer serve --proxy <PROXY> --definition <FILE> [OPTIONS]\n",
        "       cognito-authorizer serve --proxy <PROXY> --config <FILE> [OPTIONS]\n",
        "       cognito-authorizer serve --print-config <TARGET>",
    ),
    after_help = concat!(
        "Options that describe the definition, such as `--stage` and `--bind`: see\n",
        "`cognito-authorizer routes --help`.\n\n",
        "Examples:\n",
        "  cognito-authorizer serve --print-config nginx > cognito.conf\n",
        "  cognito-authorizer serve --proxy nginx --definition serverless.yml --stage prod \\\n",
        "      --bind UserPool=eu-west-1_Ab12Cd34E\n",
        "  cognito-authorizer serve --proxy envoy --config routes.toml --grpc-listen 127.0.0.1:9401\n",
        "  cognito-authorizer serve --print-sample > routes.toml\n\n",
        "SIGHUP replaces the routes, and so does a change of a file or directory that is named here; the files that a\n",
        "definition includes are then read again. What cannot be used leaves the old routes in force, with an error in the\n",
        "log. SIGTERM and SIGINT end it once the checks that have started are answered. The log goes to standard error;\n",
        "`RUST_LOG` selects it (`info` by default).\n\n",
        "Exit codes:\n",
        "  0  it ran and was stopped\n",
        "  2  the arguments, a file or an address cannot be used"
    )
)]
pub(crate) struct Serve {
    /// The definition of the API; several are read together
    #[arg(id = "definition", long = "definition", value_name = "FILE", num_args = 1.., conflicts_with = "config")]
    pub(super) definitions: Vec<PathBuf>,
    /// Pools, clients and routes in TOML, instead of a definition
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// The proxy that asks: it decides which headers carry the original request. There is no default
    #[arg(long, value_name = "PROXY", required_unless_present_any = ["print_config", "print_sample"])]
    pub(super) proxy: Option<ProxyName>,
    /// Where it listens for checks over HTTP, and for probes
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9400")]
    pub(super) listen: SocketAddr,
    /// Where it listens for checks over gRPC: `envoy.service.auth.v3.Authorization`
    #[arg(long, value_name = "ADDRESS")]
    pub(super) grpc_listen: Option<SocketAddr>,
    /// Whose rules and answers count [default: those of the definition's kind of API, else standard]
    #[arg(long, value_name = "PROFILE", value_enum)]
    pub(super) profile: Option<ProfileName>,
    /// The status when a request cannot be decided: 403 for a proxy that lets requests through on 5xx
    #[arg(long, value_name = "STATUS", value_enum, default_value_t)]
    pub(super) when_unavailable: Status,
    /// How long a check may take, in milliseconds; Envoy waits for 200 by default
    #[arg(long, value_name = "MS", default_value_t = 150, value_parser = clap::value_parser!(u64).range(10..=10_000))]
    pub(super) timeout: u64,
    /// Keep the last good keys in this file, so that a restart serves while they cannot be fetched
    #[arg(long, value_name = "FILE")]
    pub(super) last_known_keys: Option<PathBuf>,
    /// Refuse the tokens that are listed in this Redis, by `jti`, `origin_jti` or `sub`
    ///
    /// A token is refused if one of these keys exists: `revoked:POOL:token:JTI`, `revoked:POOL:sign-in:ORIGIN_JTI`, or
    /// `revoked:POOL:subject:SUB`. The value of the last, if not empty, is a UNIX time in seconds: it revokes the tokens that
    /// were issued until then. A list that cannot be read refuses.
    #[arg(long, value_name = "URL")]
    pub(super) deny_list: Option<Secret>,
    /// Send the claims to the backend in `X-Cognito-Claims`, as base64url JSON
    #[arg(long)]
    pub(super) claims_header: bool,
    /// Put the claims into Envoy's dynamic metadata, for its access logs and RBAC
    #[arg(long, requires = "grpc_listen")]
    pub(super) claims_metadata: bool,
    /// The issuer of the definition's user pool, if it is not AWS's original one
    #[arg(long, value_name = "URL", requires = "definition")]
    pub(super) issuer: Option<HttpUrl>,
    /// Where the keys of the definition's user pool are fetched, if not below its issuer
    #[arg(long, value_name = "URL", requires = "definition")]
    pub(super) jwks_url: Option<HttpUrl>,
    /// How many threads answer [default: one for each core]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(super) threads: Option<u16>,
    /// How many seconds to go on after SIGTERM with `/readyz` failing, until load balancers have noticed
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=300))]
    pub(super) drain_delay: u64,
    /// Print the configuration of a proxy or of Kubernetes, and end
    #[arg(long, value_name = "TARGET", value_enum)]
    pub(super) print_config: Option<Target>,
    /// Print a sample for `--config`, and end
    #[arg(long, group = "routes")]
    pub(super) print_sample: bool,
    /// Where the printed proxy listens
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000", requires = "print_config")]
    pub(super) front: SocketAddr,
    /// The service behind the printed proxy
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", requires = "print_config")]
    pub(super) backend: SocketAddr,
    #[command(flatten)]
    pub(super) facts: Unlisted,
}

/// [`Proxy`] as a value of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ProxyName {
    Nginx,
    Caddy,
    Traefik,
    Haproxy,
    /// Envoy, Istio or Contour
    Envoy,
    GatewayApi,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Status {
    #[default]
    #[value(name = "503")]
    ServiceUnavailable,
    #[value(name = "403")]
    Forbidden,
}

impl From<ProxyName> for Proxy {
    fn from(name: ProxyName) -> Self {
        match name {
            ProxyName::Nginx => Self::Nginx,
            ProxyName::Caddy => Self::Caddy,
            ProxyName::Traefik => Self::Traefik,
            ProxyName::Haproxy => Self::Haproxy,
            ProxyName::Envoy => Self::Envoy,
            ProxyName::GatewayApi => Self::GatewayApi,
        }
    }
}

impl From<Status> for WhenUnavailable {
    fn from(status: Status) -> Self {
        match status {
            Status::ServiceUnavailable => Self::ServiceUnavailable,
            Status::Forbidden => Self::Forbidden,
        }
    }
}

impl Serve {
    /// The addresses in a printed configuration. Without `--grpc-listen`, gRPC has the port after that of HTTP.
    pub(super) fn addresses(&self) -> Addresses {
        let mut grpc = self.listen;
        grpc.set_port(self.listen.port().wrapping_add(1));
        Addresses {
            authorizer: self.listen,
            grpc: self.grpc_listen.unwrap_or(grpc),
            front: self.front,
            backend: self.backend,
        }
    }

    pub(super) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout)
    }

    /// The files whose change replaces the routes.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.definitions.iter().chain(&self.config).chain(self.facts.inputs().files()).cloned().collect()
    }
}
