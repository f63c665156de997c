//! The contract of a provider (`classiclink::cloud::Provider`): the same tests for every API, each before a simulator of
//! its own, through nothing but what the library shows.
//!
//! Whoever asks is watched (`subject`): no error may hold a secret, and at the end of each test no more changes have
//! arrived than were asked for. What the documents leave open is asked under each setting of the simulator's switch.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests fails the test")]
#![expect(clippy::disallowed_methods, reason = "the simulator lives in real time")]

/// Each test on each API, on Alibaba Cloud's with both generations of its error codes; those of one cloud on that.
macro_rules! on_each_api {
    (each: [$($test:ident),* $(,)?], tencent: [$($of_tencent:ident),* $(,)?], alibaba: [$($of_alibaba:ident),* $(,)?]) => {
        mod v2 {
            $(#[test] fn $test() { crate::cloud::before(crate::api::Api::V2, super::$test); })*
            $(#[test] fn $of_tencent() { crate::cloud::before(crate::api::Api::V2, super::$of_tencent); })*
        }
        mod v3 {
            $(#[test] fn $test() { crate::cloud::before(crate::api::Api::V3, super::$test); })*
            $(#[test] fn $of_tencent() { crate::cloud::before(crate::api::Api::V3, super::$of_tencent); })*
        }
        mod alibaba {
            $(#[test] fn $test() { crate::cloud::before(crate::api::Api::Alibaba, super::$test); })*
            $(#[test] fn $of_alibaba() { crate::cloud::before(crate::api::Api::Alibaba, super::$of_alibaba); })*
        }
        mod alibaba_g1 {
            $(#[test] fn $test() { crate::cloud::before_g1(super::$test); })*
            $(#[test] fn $of_alibaba() { crate::cloud::before_g1(super::$of_alibaba); })*
        }
    };
}

mod api;
mod broken;
mod changes;
mod choices;
mod clients;
mod cloud;
mod keys;
mod limits;
mod links;
mod machines;
mod subject;
mod switches;
mod tasks;
mod tokens;
mod vpcs;

#[expect(dead_code, reason = "the cluster tests ask an operator as well")]
#[path = "../cluster/harness/http.rs"]
mod http;
#[expect(dead_code, reason = "the cluster tests stop their programs as well")]
#[path = "../cluster/harness/process.rs"]
mod process;
#[expect(dead_code, reason = "the cluster tests wait in more ways")]
#[path = "../cluster/harness/wait.rs"]
mod wait;
