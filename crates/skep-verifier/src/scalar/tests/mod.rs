//! Laws and comparisons of the scalar domain.
