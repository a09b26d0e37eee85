//! The command as a person or a script uses it, against pools on this machine.

#[path = "suite/doctor.rs"]
mod doctor;
#[path = "suite/explain.rs"]
mod explain;
#[path = "suite/hints.rs"]
mod hints;
#[path = "suite/pool.rs"]
mod pool;
#[path = "suite/process.rs"]
mod process;
#[path = "suite/support.rs"]
mod support;
#[path = "suite/token.rs"]
mod token;
