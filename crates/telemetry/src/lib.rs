//! Logs: one rolling file per server, one for the gateway, bounded and escaped.
//!
//! Everything in them comes from outside: servers write to their standard error, clients choose
//! names, and libraries print what they received. So each record is one line, escaped, of bounded
//! length; files are bounded in size, number and age; and whoever logs never waits for the disk.

mod allowance;
mod call;
mod escape;
mod files;
mod gateway;
mod gateway_log;
mod hidden;
mod record;
mod rolling;
mod server_logs;
mod settings;
mod shape;
mod tail;
mod writer;

pub use call::{CallRecord, call_record};
pub use gateway::{LogGuard, LogSetupError, init_gateway_log};
pub use gateway_log::GatewayLog;
pub use hidden::Hidden;
pub use server_logs::{ServerLog, ServerLogs};
pub use settings::{LogSettings, Rotation};
pub use shape::shape;
pub use tail::tail;
