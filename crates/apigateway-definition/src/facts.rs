//! Values of a deployment, as the caller gave them.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use crate::source::Span;

/// The values from files: JSON output of the AWS CLI, and objects of names and values.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    exports: BTreeMap<String, String>,
    values: BTreeMap<String, String>,
    pub(crate) deployed: Vec<DeployedStack>,
    /// The names of the values that were looked up, known or not.
    looked_up: RefCell<BTreeSet<String>>,
}

impl Facts {
    pub(crate) fn new(
        exports: BTreeMap<String, String>,
        values: BTreeMap<String, String>,
        deployed: Vec<DeployedStack>,
    ) -> Self {
        Self { exports, values, deployed, looked_up: RefCell::default() }
    }

    /// The value of a CloudFormation export.
    pub(crate) fn export(&self, name: &str) -> Option<&str> {
        self.exports.get(name).map(String::as_str)
    }

    /// A value of `cf:`, `ssm:` or `s3:`, by its whole name.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        if !self.values.is_empty() {
            self.looked_up.borrow_mut().insert(name.into());
        }
        self.values.get(name).map(String::as_str)
    }

    /// The names of the values that were given and not looked up.
    pub(crate) fn unused_values(&self) -> Vec<&str> {
        let looked_up = self.looked_up.borrow();
        self.values.keys().map(String::as_str).filter(|name| !looked_up.contains(*name)).collect()
    }

    /// The names of the values that were looked up.
    pub(crate) fn looked_up(&self) -> Vec<String> {
        self.looked_up.borrow().iter().cloned().collect()
    }
}

/// A stack as `describe-stack-resources` describes it, from one file or several.
#[derive(Debug)]
pub(crate) struct DeployedStack {
    /// `StackName`, which `list-stack-resources` does not print.
    pub(crate) name: Option<String>,
    /// `StackId`, its ARN.
    pub(crate) id: Option<String>,
    /// By logical id.
    pub(crate) resources: BTreeMap<String, DeployedResource>,
    /// Its first resource.
    pub(crate) span: Span,
}

/// A resource of a deployed stack.
#[derive(Debug)]
pub(crate) struct DeployedResource {
    pub(crate) kind: Option<String>,
    pub(crate) physical_id: String,
    pub(crate) span: Span,
}
