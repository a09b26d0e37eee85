//! From the arguments to the layer.

use cognito_authorizer::{CognitoAuthBuilder, CognitoAuthLayer, Profile, keys::Jwks};

use super::{deny_list, file::RoutesFile, options::Serve};
use crate::error::{InputError, ServeError};

/// The longest file of routes that is read.
const LIMIT: usize = 16 * 1024 * 1024;

/// The layer's settings as the files have them now.
pub(super) async fn builder(options: &Serve) -> Result<CognitoAuthBuilder, ServeError> {
    let profile = options.profile.map(Profile::from);
    let mut builder = match &options.config {
        Some(path) => {
            let what = "configuration";
            let unreadable = |source| InputError::File { what, path: path.clone(), source };
            let mut file = std::fs::File::open(path).map_err(unreadable)?;
            let text = crate::surroundings::read_text(&mut file, what, LIMIT)?;
            RoutesFile::builder(path, &text, profile)?
        }
        None => from_definition(options, profile)?,
    };
    if let Some(path) = &options.last_known_keys {
        builder = builder.keys(Jwks::https().last_known(path));
    }
    if let Some(url) = &options.deny_list {
        builder = deny_list::add(builder, url.reveal()).await?;
    }
    Ok(builder)
}

fn from_definition(options: &Serve, profile: Option<Profile>) -> Result<CognitoAuthBuilder, ServeError> {
    let import = options.facts.import(&options.definitions)?;
    let imported = import.read().map_err(|problems| InputError::Problems(Box::new(problems)))?;
    let mut builder = CognitoAuthLayer::builder_from(&imported.definition)?;
    if let Some(profile) = profile {
        builder = builder.profile(profile);
    }
    if let Some(issuer) = &options.issuer {
        builder = builder.issuer(issuer.as_str());
    }
    if let Some(url) = &options.jwks_url {
        builder = builder.jwks_url(url.as_str());
    }
    Ok(builder)
}
