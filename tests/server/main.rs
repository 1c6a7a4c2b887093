//! The daemon from outside: first as a value, with sockets and clocks that the tests make up, then
//! over real sockets.

mod closing;
mod daemon;
mod fairness;
mod frames;
mod jobs;
mod listening;
mod lists;
mod polling;
mod pressure;
mod quota;
mod reactor;
mod retention;
mod runs;
mod several;
mod simulation;
mod sockets;
mod strangers;
mod timing;
mod turns;
mod watching;
mod working;
mod world;
