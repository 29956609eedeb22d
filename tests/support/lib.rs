//! The library part of the package at the root.
