//! What a local pool mints and serves, checked from outside: by JSON, by HTTP, and by RSA from the published keys.

#[cfg(test)]
mod api;
#[cfg(test)]
mod config;
#[cfg(test)]
mod console;
#[cfg(test)]
mod cors;
#[cfg(test)]
mod exchange;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod login;
#[cfg(test)]
mod oauth;
#[cfg(test)]
mod server;
#[cfg(test)]
mod state;
#[cfg(test)]
mod support;
#[cfg(test)]
#[cfg(feature = "tls")]
mod tls;
#[cfg(test)]
mod tokens;
