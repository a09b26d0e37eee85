//! Recognizes files with secrets, whose lines are never printed.

/// The key by which Pulumi marks an encrypted secret and other special objects.
pub(crate) const PULUMI_SIGNATURE: &str = "4dabf18193072939515e22adb298388d";

/// What only a file with secrets has: a state, the output of `describe-user-pool-client`, a file of Pulumi.
pub(crate) const SECRET_MARKS: [&str; 6] = [
    "\"terraform_version\"",
    "\"format_version\"",
    "\"lineage\"",
    "\"ClientSecret\"",
    "urn:pulumi:",
    PULUMI_SIGNATURE,
];

/// Whether no line of the text may be printed.
pub(crate) fn may_have_secrets(text: &str) -> bool {
    SECRET_MARKS.iter().any(|mark| text.contains(mark))
}
