//! What both generations of Tencent's API share: names of regions, signed forms, the steps by which a call is let in.
//!
//! Knows no codes: each generation words a refusal in its own way. Must never share a type with a client of the API.

pub mod form;
pub mod gate;
pub mod regions;
pub mod sign;
pub mod time;
