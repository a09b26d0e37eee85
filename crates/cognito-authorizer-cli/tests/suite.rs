//! Runs the command as a person or a script does, against pools on this machine.

#[cfg(test)]
#[path = "suite/doctor.rs"]
mod doctor;
#[cfg(test)]
#[path = "suite/doctor_keys.rs"]
mod doctor_keys;
#[cfg(test)]
#[path = "suite/explain.rs"]
mod explain;
#[cfg(test)]
#[path = "suite/explain_inputs.rs"]
mod explain_inputs;
#[cfg(test)]
#[path = "suite/explain_route.rs"]
mod explain_route;
#[cfg(test)]
#[path = "suite/explain_sign_in.rs"]
mod explain_sign_in;
#[cfg(test)]
#[path = "suite/from_console.rs"]
mod from_console;
#[cfg(test)]
#[path = "suite/hints.rs"]
mod hints;
#[cfg(test)]
#[path = "suite/pasted.rs"]
mod pasted;
#[cfg(test)]
#[path = "suite/pool.rs"]
mod pool;
#[cfg(test)]
#[path = "suite/pool_kept.rs"]
mod pool_kept;
#[cfg(test)]
#[path = "suite/pool_sample.rs"]
mod pool_sample;
#[cfg(test)]
#[path = "suite/pool_settings.rs"]
mod pool_settings;
#[cfg(test)]
#[path = "suite/process.rs"]
mod process;
#[cfg(test)]
#[path = "suite/routes.rs"]
mod routes;
#[cfg(test)]
#[path = "suite/routes_deployed.rs"]
mod routes_deployed;
#[cfg(test)]
#[path = "suite/routes_diff.rs"]
mod routes_diff;
#[cfg(test)]
#[path = "suite/routes_inputs.rs"]
mod routes_inputs;
#[cfg(test)]
#[path = "suite/serve.rs"]
mod serve;
#[cfg(test)]
#[path = "suite/serve_hostile.rs"]
mod serve_hostile;
#[cfg(test)]
#[path = "suite/stacks.rs"]
mod stacks;
#[cfg(test)]
#[path = "suite/support.rs"]
mod support;
#[cfg(test)]
#[path = "suite/token.rs"]
mod token;
#[cfg(test)]
#[path = "suite/token_mint.rs"]
mod token_mint;
