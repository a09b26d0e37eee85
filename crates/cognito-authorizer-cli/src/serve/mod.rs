//! `serve`: answers the checks of a proxy.

mod accept;
mod deny_list;
mod file;
mod options;
mod probe;
mod reload;
mod routes;
mod server;
mod wiring;

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use cognito_authorizer::CognitoAuthorizer;
use cognito_forward_auth::{ClaimsHeader, ExtAuthz, ForwardAuth, Metadata, Proxy};
use tokio::{
    runtime::Builder,
    sync::{mpsc, watch},
};
use tracing_subscriber::EnvFilter;

pub(crate) use options::Serve;

use self::{
    probe::{PREFIX, Probes},
    reload::Watch,
    server::{Listeners, MOST_CONNECTIONS, Service},
};
use crate::{
    error::{CommandError, ServeError},
    exit::Exit,
    pool::stop,
    surroundings::Surroundings,
};

/// Runs the command.
pub(crate) async fn run(options: Serve, surroundings: &mut Surroundings<'_>) -> Result<Exit, CommandError> {
    if options.print_sample {
        surroundings.out.write_all(file::SAMPLE.as_bytes())?;
        return Ok(Exit::Good);
    }
    if let Some(target) = options.print_config {
        surroundings.out.write_all(target.text(&options.addresses()).as_bytes())?;
        return Ok(Exit::Good);
    }
    // clap requires it.
    let Some(proxy) = options.proxy else { return Ok(Exit::Usage) };
    log_to_stderr(surroundings);
    let signal = stop::signal()?;
    let watch = Watch::new(options.files());
    let http = listen(options.listen, "--listen")?;
    let grpc = options.grpc_listen.map(|address| listen(address, "--grpc-listen")).transpose()?;
    let said = [(&http, "http"), (grpc.as_ref().unwrap_or(&http), "grpc")];
    let lines = said.iter().take(1 + usize::from(grpc.is_some()));
    let lines: Vec<_> = lines
        .filter_map(|(listener, scheme)| {
            Some(format!("listening on {scheme}://{}", listener.local_addr().ok()?))
        })
        .collect();

    // With several threads, each also looks for work in the queues of the others, which adds to the cost of each check.
    let threads = options.threads.map_or_else(cores, usize::from);
    let several =
        (threads > 1).then(|| Builder::new_multi_thread().worker_threads(threads).enable_all().build());
    let several = several.transpose().map_err(ServeError::Threads)?;
    let (ready, started) = tokio::sync::oneshot::channel();
    let serving = serve(Arc::new(options), watch, (proxy.into(), http, grpc), ready, signal);
    let task = match &several {
        Some(runtime) => runtime.spawn(serving),
        None => tokio::spawn(serving),
    };
    if started.await.is_ok() {
        for line in lines {
            writeln!(surroundings.out, "{line}")?;
        }
        surroundings.out.flush()?;
    }
    let ended = task.await;
    if let Some(runtime) = several {
        runtime.shutdown_background();
    }
    match ended {
        Ok(ended) => ended.map(|()| Exit::Good).map_err(Into::into),
        Err(panicked) => Err(std::io::Error::other(panicked).into()),
    }
}

/// How many threads can run at a time: the cores, or fewer where the process is limited to a part of them.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn listen(address: SocketAddr, option: &'static str) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).map_err(|source| ServeError::Listen { address, option, source })
}

fn log_to_stderr(surroundings: &Surroundings<'_>) {
    let filter = (surroundings.variable)("RUST_LOG").filter(|filter| !filter.is_empty());
    let filter = filter.and_then(|filter| filter.parse().ok()).unwrap_or_else(|| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A test may have set a subscriber already.
    let _ = subscriber.with_ansi(false).try_init();
}

/// Serves until `signal` ends.
async fn serve(
    options: Arc<Serve>,
    watch: Watch,
    (proxy, http, grpc): (Proxy, TcpListener, Option<TcpListener>),
    ready: tokio::sync::oneshot::Sender<()>,
    signal: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    // Until the first keys arrive, open routes are served and `/readyz` fails.
    let authorizer = routes::builder(&options).await?.connect_lazy()?.authorizer();
    let claims = if options.claims_header { ClaimsHeader::Base64Url } else { ClaimsHeader::Empty };
    let metadata = if options.claims_metadata { Metadata::Claims } else { Metadata::Empty };
    let checks = ForwardAuth::new(authorizer.clone(), proxy)
        .path_prefix(PREFIX)
        .timeout(options.timeout())
        .when_unavailable(options.when_unavailable.into())
        .claims_header(claims);
    let probes = Arc::new(Probes::new(authorizer));
    let grpc = grpc.map(|listener| (listener, ExtAuthz::with(checks.clone(), metadata)));
    let (stopped, stop) = watch::channel(());
    let service = Service { checks: checks.clone(), probes: probes.clone() };
    let serving = tokio::spawn(Listeners { http, grpc, most: MOST_CONNECTIONS }.serve(service, stop));
    let drain_delay = Duration::from_secs(options.drain_delay);
    // Keys are fetched before, so no check waits for them.
    let (changed, changes) = mpsc::channel(1);
    let watching = tokio::spawn(watch.run(changed));
    let renew = move || {
        let options = options.clone();
        async move { Ok(routes::builder(&options).await?.connect().await?.authorizer()) }
    };
    let replacing = tokio::spawn(reload::replace(changes, renew, {
        let probes = probes.clone();
        move |authorizer: Result<CognitoAuthorizer, _>| match authorizer {
            Ok(authorizer) => {
                checks.set_authorizer(authorizer.clone());
                probes.set_authorizer(authorizer);
            }
            Err(_) => probes.set_failed(),
        }
    }));
    let _ = ready.send(());

    signal.await;
    watching.abort();
    replacing.abort();
    tracing::info!("stopping");
    probes.drain();
    tokio::time::sleep(drain_delay).await;
    drop(stopped);
    if let Ok(Err(error)) = serving.await {
        tracing::error!(%error, "the server has failed");
    }
    tracing::info!("stopped");
    Ok(())
}
