#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| classiclink::cloud::fuzzing::alibaba_sts(body));
