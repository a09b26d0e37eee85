//! The same decisions as in the tests of the workspace, in a build where `serde_json` has more features.

#![expect(clippy::expect_used, reason = "a test that cannot go on stops, and says where")]

mod decisions;
