//! The members of a JSON object in the order in which they were put, so that a token reads as Cognito's do.

use serde_json::Value;

/// A JSON object that is still being written.
#[derive(Clone, Default)]
pub(crate) struct Members(Vec<(String, Value)>);

impl Members {
    /// Replaces the member in its place, or adds it at the end.
    pub(crate) fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    /// Applies `edit`.
    pub(crate) fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::Set(name, value) => self.set(name.as_str(), value.clone()),
            Edit::Remove(name) => self.remove(name),
        }
    }

    /// The object as compact JSON.
    pub(crate) fn to_json(&self) -> String {
        let members: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{}:{value}", Value::from(name.as_str()))).collect();
        format!("{{{}}}", members.join(","))
    }
}

/// One change that a test makes to a header or a payload.
#[derive(Clone)]
pub(crate) enum Edit {
    Set(String, Value),
    Remove(String),
}

impl Edit {
    /// The name of the member that is changed. The value is left out, since it may be a secret of the test.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Set(name, _) | Self::Remove(name) => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_their_json_is_json() {
        let mut members = Members::default();
        members.set("z\"", 1);
        members.set("a", vec!["x", "y"]);
        members.set("gone", true);
        members.set("z\"", "again");
        members.remove("gone");
        assert_eq!(members.to_json(), r#"{"z\"":"again","a":["x","y"]}"#);
        assert!(serde_json::from_str::<Value>(&members.to_json()).is_ok());
    }

    #[test]
    fn no_members_are_an_empty_object() {
        assert_eq!(Members::default().to_json(), "{}");
    }
}
