//! Who writes to us: visitors and customers, who they say they are, and where they are.
