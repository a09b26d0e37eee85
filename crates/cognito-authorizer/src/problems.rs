//! Collects the problems of a configuration, so that all of them are reported at once.

use cognito_verify::PoolError;

use crate::config::ConfigError;

/// The problems that were found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<ConfigError>,
}

impl Problems {
    /// Adds a problem, or each of several.
    pub(crate) fn add(&mut self, problem: impl Into<ConfigError>) {
        match problem.into() {
            ConfigError::Several { problems } => {
                for problem in problems {
                    self.add(problem);
                }
            }
            ConfigError::Pool(PoolError::Several { problems }) => {
                for problem in problems {
                    self.add(problem);
                }
            }
            problem => self.found.push(problem),
        }
    }

    /// The value, or `None` after its problem was added.
    pub(crate) fn check<T>(&mut self, result: Result<T, impl Into<ConfigError>>) -> Option<T> {
        result.map_err(|problem| self.add(problem)).ok()
    }

    /// The value if there are no problems, otherwise the problems.
    pub(crate) fn none_in<T>(mut self, checked: Option<T>) -> Result<T, ConfigError> {
        match (checked, self.found.len()) {
            (Some(value), 0) => Ok(value),
            (_, 1) => Err(self.found.remove(0)),
            _ => Err(ConfigError::Several { problems: self.found }),
        }
    }
}
