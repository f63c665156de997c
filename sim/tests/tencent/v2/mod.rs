//! Tencent's API v2, and what is the same for each API.

mod admission;
mod client;
mod control;
mod faults;
mod lists;
mod shapes;
mod writes;
