//! The states, in the order of the API's table, and a test for each of its lines.

mod good;
mod held;
mod leaving;
mod refused;
mod whole;
