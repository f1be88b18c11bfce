#include "base/runner.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <exception>
#include <utility>

#include "base/limits.h"

namespace remora {
namespace {

std::atomic<int> live_threads{0};

}  // namespace

// Owned by the Runner and by its thread: whoever goes last frees the worker.
struct Runner::Shared {
    std::string name;
    std::unique_ptr<Worker> worker;
    std::function<void(const char*)> on_fault;
    std::mutex mutex;
    std::condition_variable wake_up;
    bool woken = false;
    bool stopping = false;
    pthread_t thread{};
    bool is_joinable = false;  // the owner's
    bool ended = false;

    void run() noexcept;
    void work();
};

void Runner::Shared::work() {
    while (true) {
        const std::int64_t idle_ns = worker->do_work();
        std::unique_lock lock(mutex);
        if (stopping) {
            break;
        }
        if (idle_ns > 0 && !woken) {
            wake_up.wait_for(lock, std::chrono::nanoseconds(idle_ns),
                             [this] { return woken || stopping; });
        }
        woken = false;
        if (stopping) {
            break;
        }
    }
    worker->on_stop();
}

void Runner::Shared::run() noexcept {
    try {
        work();
    } catch (const std::exception& fault) {
        on_fault(fault.what());
    } catch (...) {
        on_fault("unknown exception");
    }
    const std::scoped_lock lock(mutex);
    ended = true;
    wake_up.notify_all();
}

Runner::Runner(std::string name, std::unique_ptr<Worker> worker,
               std::function<void(const char*)> on_fault)
    : shared_(std::make_shared<Shared>()) {
    shared_->name = std::move(name);
    shared_->worker = std::move(worker);
    shared_->on_fault = std::move(on_fault);
}

Runner::~Runner() {
    if (shared_->is_joinable) {
        pthread_detach(shared_->thread);
    }
}

int Runner::threads() noexcept {
    return live_threads.load(std::memory_order_acquire);
}

Status Runner::start() {
    // First: a failure with signals blocked would leave them so.
    auto handed_over = std::make_unique<std::shared_ptr<Shared>>(shared_);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, kThreadStackBytes);
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(
        &shared_->thread, &attributes,
        [](void* argument) -> void* {
            const std::unique_ptr<std::shared_ptr<Shared>> mine(
                static_cast<std::shared_ptr<Shared>*>(argument));
            pthread_setname_np(pthread_self(), (*mine)->name.substr(0, 15).c_str());
            (*mine)->run();
            return nullptr;
        },
        handed_over.get());
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_attr_destroy(&attributes);
    if (failed != 0) {
        return Status(Code::kUnavailable, "thread " + shared_->name + " cannot be started");
    }
    static_cast<void>(handed_over.release());
    shared_->is_joinable = true;
    live_threads.fetch_add(1, std::memory_order_acq_rel);
    return Status::ok();
}

void Runner::wake() {
    const std::scoped_lock lock(shared_->mutex);
    shared_->woken = true;
    shared_->wake_up.notify_all();
}

bool Runner::stop(std::int64_t deadline_ms) {
    if (!shared_->is_joinable) {
        return true;
    }
    std::unique_lock lock(shared_->mutex);
    shared_->stopping = true;
    shared_->wake_up.notify_all();
    if (!shared_->wake_up.wait_for(lock, std::chrono::milliseconds(deadline_ms),
                                   [this] { return shared_->ended; })) {
        return false;
    }
    lock.unlock();
    pthread_join(shared_->thread, nullptr);  // it only has to return
    shared_->is_joinable = false;
    live_threads.fetch_sub(1, std::memory_order_acq_rel);
    return true;
}

}  // namespace remora
