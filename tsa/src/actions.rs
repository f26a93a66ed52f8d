//! Every action of this service that a caller needs permission for.

use platform_access::Action;

/// Stamp, at a unit that is not public.
pub const STAMP: Action = Action::new("tsa.stamp");
/// Create or change a unit.
pub const PUT_UNIT: Action = Action::new("tsa.unit.put");
/// Look units up.
pub const READ_UNIT: Action = Action::new("tsa.unit.read");
