//! The allocator of the whole process, and its one control.
//!
//! A crate of its own, since telling mimalloc something is a call of C: it holds
//! the only `unsafe` of this repository.

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Gives the memory that was freed back to the system.
///
/// Left to itself mimalloc returns a freed block when some later call of its
/// slow path comes along. An idle server makes none, and would keep the 16 MiB
/// with which a key file was opened (scrypt) or the 19 MiB of a password
/// (Argon2id) for ever.
pub fn give_back() {
    // SAFETY: mi_collect takes no pointer, may be called from any thread at any
    // time, and frees nothing that is in use (mimalloc.h).
    unsafe { libmimalloc_sys::mi_collect(true) }
}
