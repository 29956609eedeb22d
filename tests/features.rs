//! Every feature of the protocol, through the gateway: clients and servers of both eras, on every
//! transport and every face.

mod batches;
mod cancellation;
mod capabilities;
mod concurrency;
mod disconnects;
mod headers;
mod healing;
mod input_required;
mod lists;
mod logs;
mod progress;
mod questions;
mod resumption;
mod stage;
mod subscriptions;
mod tasks;
mod transparency;
