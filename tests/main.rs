//! Integration tests: the built programs, driven from outside, one module per behaviour.
//!
//! Every test starts a gateway of its own in a temporary directory, so all of them may run at
//! the same time. Nothing here leaves the machine or touches the user's files.

#![cfg(test)]

mod agent;
mod bad_input;
mod bridge;
mod cli;
mod config_reload;
mod endpoint;
mod eras;
mod faces;
mod features;
mod gateway_tools;
mod large_results;
mod logs;
mod management;
mod processes;
mod quarantine;
mod real_cells;
mod real_clients;
mod real_doors;
mod real_servers;
mod sandbox;
mod upstream_http;
