// Threads as agents at their own pace: an object does bounded work per turn, a Runner gives it a
// thread, and tests step the same object by hand.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/status.h"

namespace remora {

// What a thread does. All calls come from one thread; none may throw (Runner contains it if one
// does).
class Worker {
 public:
    virtual ~Worker() = default;

    // A bounded piece of work. Returns the time until the next call is wanted, in nanoseconds; 0 =
    // at once.
    virtual std::int64_t do_work() = 0;

    // Called once when the runner stops, within what is left of its deadline.
    virtual void on_stop() {}
};

// Gives a worker one named thread with an explicit stack size. Signals are blocked in it: they
// belong to the host.
//
// Thread safety: start/stop from one owner thread; wake from any thread.
class Runner {
 public:
    // `on_fault` is called on the runner's thread with a text when the worker threw; the thread
    // then ends.
    Runner(std::string name, std::unique_ptr<Worker> worker,
           std::function<void(const char*)> on_fault);
    // Does not wait: a thread that has not ended is left behind with everything it uses (see stop).
    ~Runner();
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    Status start();
    void wake();

    // Threads of this process that were started and not seen to end. While there are any, the
    // library's code must stay where it is. Any thread.
    static int threads() noexcept;

    // Asks the thread to end after on_stop() and waits at most `deadline_ms`. True: the thread is
    // gone, and none of our code runs on it any more. False when it has not ended: it is detached
    // and the worker leaked on purpose, for the host must not hang on us.
    bool stop(std::int64_t deadline_ms);

 private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

}  // namespace remora
