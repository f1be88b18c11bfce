#include "sink/http_output.h"

#include <exception>
#include <utility>

namespace remora {
namespace {

constexpr std::size_t kPageBytesMax = 256U << 20;
constexpr std::int64_t kEndPollMs = 1'000;

}  // namespace

HttpOutput::HttpOutput(const SinkOptions& options, const SinkEnvironment& environment,
                       FaultReporter& reporter)
    : options_(options), environment_(environment), reporter_(reporter) {}

bool HttpOutput::is_started() {
    if (runner_ != nullptr) {
        return true;
    }
    // Where no descriptor is free the library throws.
    try {
        std::unique_ptr<HttpServer> server = make_http_server(options_, environment_);
        server_ = server.get();
        auto runner =
            std::make_unique<Runner>("remora-http", std::move(server), environment_.on_fault);
        const Status started = runner->start();
        if (!started) {
            reporter_.report("cannot serve", started.message());
            return false;
        }
        runner_ = std::move(runner);
    } catch (const std::exception& fault) {
        reporter_.report("cannot serve", fault.what());
    }
    return runner_ != nullptr;
}

// The port is open before there is a page: whoever scrapes is told that there is none yet.
std::int64_t HttpOutput::idle() {
    return is_started() ? kIdleForEver : kNanosPerSecond;
}

bool HttpOutput::begin() {
    text_.clear();
    text_.reserve(last_bytes_ + last_bytes_ / 8);
    begun_ns_ = environment_.clock.monotonic_ns();
    return is_started();
}

Step HttpOutput::write(const BlockView& block) {
    if (text_.size() + block.bytes.size() > kPageBytesMax) {
        reporter_.report("cannot make a page", "it would be larger than 256 MB");
        return Step::kFailed;
    }
    text_.append(block.bytes.data(), block.bytes.size());
    return Step::kDone;
}

bool HttpOutput::end(bool aborted) {
    if (aborted) {
        give_up();
        return true;
    }
    last_bytes_ = text_.size();
    written_ += last_bytes_;
    server_->publish(std::make_shared<HttpPage>(std::exchange(text_, {}), begun_ns_));
    return true;
}

void HttpOutput::give_up() {
    text_ = {};
}

void HttpOutput::close(FileEnd /*file_end*/) {
    give_up();
    if (runner_ != nullptr) {
        server_->quit();
        while (!runner_->stop(kEndPollMs)) {
        }
        runner_.reset();
    }
}

}  // namespace remora
