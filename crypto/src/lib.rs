#![forbid(unsafe_code)]
//! Algorithms, digests, public keys and random numbers.

pub mod random;
