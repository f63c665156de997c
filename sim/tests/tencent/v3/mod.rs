//! Tencent's API 3.0.

mod admission;
mod client;
mod faults;
mod forms;
mod lists;
mod shapes;
mod sts;
mod writes;
