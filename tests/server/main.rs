//! The daemon from outside: first as a value, with sockets and clocks that the tests make up, then
//! over real sockets.

mod closing;
mod frames;
mod pressure;
mod retention;
mod several;
mod timing;
mod watching;
mod working;
mod world;
