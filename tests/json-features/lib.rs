//! Empty: this crate has only a test.
