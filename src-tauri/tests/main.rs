//! The real tray program on a private session bus, with a panel made of nothing but D-Bus.

#![cfg(target_os = "linux")]

mod app;
mod bus;
mod menu;
mod panel;
mod scenes;
