// Invariants that run: what holds whatever comes from outside, unless a program of ours is wrong.
#pragma once

namespace remora {

// A build without NDEBUG (debug, sanitizers, fuzzing) prints what is broken and ends. Any other
// throws. Every thread root and every function of the ABI contains that: the fault is counted in
// kFaults and logged, the agent switches itself off, and the broker runs on.
//
// Any thread.
[[noreturn]] void invariant_broken(const char* condition, const char* file, int line);

}  // namespace remora

// `condition` is evaluated in every build. Not for input: what a caller, a file or the shim may get
// wrong has an answer. Not in a destructor and not below a noexcept function, which what is thrown
// cannot leave: the test `tidy` keeps the word noexcept out of files that assert.
#define REMORA_ASSERT(condition)        \
    ((condition) ? static_cast<void>(0) \
                 : ::remora::invariant_broken(#condition, __FILE__, __LINE__))
