//! Builds the layer from the arguments.

use std::{cell::Cell, sync::Arc};

use cognito_authorizer::{CognitoAuthBuilder, CognitoAuthLayer, Profile, UserPool, keys::Jwks};

use super::{deny_list, file::RoutesFile, options::Serve};
use crate::{
    definition::regular,
    error::{InputError, ServeError},
    http::HttpUrl,
};

/// The size limit of a file of routes.
const LIMIT: usize = 16 * 1024 * 1024;

/// The layer's settings as the files have them now.
pub(super) async fn builder(options: &Arc<Serve>) -> Result<CognitoAuthBuilder, ServeError> {
    // To read a large definition takes longer than a check may, and a file system may hang: neither holds up a check.
    let reading = tokio::task::spawn_blocking({
        let options = options.clone();
        move || from_files(&options)
    });
    let mut builder = reading.await.map_err(|error| ServeError::Reading(error.into()))??;
    if let Some(path) = &options.last_known_keys {
        builder = builder.keys(Jwks::https().last_known(path));
    }
    if let Some(url) = &options.deny_list {
        builder = deny_list::add(builder, url.reveal()).await?;
    }
    Ok(builder)
}

fn from_files(options: &Serve) -> Result<CognitoAuthBuilder, ServeError> {
    let profile = options.profile.map(Profile::from);
    let Some(path) = &options.config else { return from_definition(options, profile) };
    let what = "configuration";
    let unreadable = |source| InputError::File { what, path: path.clone(), source };
    let mut file = regular(path).and_then(|()| std::fs::File::open(path)).map_err(unreadable)?;
    let text = crate::surroundings::read_text(&mut file, what, LIMIT)?;
    RoutesFile::builder(path, &text, profile)
}

fn from_definition(options: &Serve, profile: Option<Profile>) -> Result<CognitoAuthBuilder, ServeError> {
    let import = options.facts.inputs().import(&options.definitions)?;
    let imported = import.read().map_err(|problems| InputError::Problems(Box::new(problems)))?;
    let mut builder = CognitoAuthLayer::builder_from(&imported.definition)?;
    if let Some(profile) = profile {
        builder = builder.profile(profile);
    }
    let pools = Cell::new(0);
    builder = builder.map_user_pools(|pool| {
        pools.set(pools.get() + 1);
        let pool = options.issuer.iter().map(HttpUrl::as_str).fold(pool, UserPool::issuer);
        options.jwks_url.iter().map(HttpUrl::as_str).fold(pool, UserPool::jwks_url)
    });
    for (option, given) in [("--issuer", &options.issuer), ("--jwks-url", &options.jwks_url)] {
        if given.is_some() && pools.get() > 1 {
            return Err(InputError::OnePool { option, pools: pools.get() }.into());
        }
    }
    Ok(builder)
}
