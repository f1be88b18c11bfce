// Outcome of anything that can fail without being a bug. Code of the agent returns these and never
// throws.
#pragma once

#include <remora/code.h>

#include <string>
#include <utility>
#include <variant>

namespace remora {

// A code and, when it is not kOk, one sentence for a person: what was found, what was expected.
class [[nodiscard]] Status {
 public:
    Status() = default;
    Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

    static Status ok() { return {}; }

    bool is_ok() const { return code_ == Code::kOk; }
    explicit operator bool() const { return is_ok(); }
    Code code() const { return code_; }
    const std::string& message() const { return message_; }

 private:
    Code code_ = Code::kOk;
    std::string message_;
};

// A value or the Status that explains its absence. Reading the value of a failed Result is a bug.
template <typename T>
class [[nodiscard]] Result {
 public:
    Result(T value) : state_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
    Result(Status status) : state_(std::move(status)) {}  // NOLINT(google-explicit-constructor)

    bool is_ok() const { return std::holds_alternative<T>(state_); }
    explicit operator bool() const { return is_ok(); }

    const T& value() const& { return *std::get_if<T>(&state_); }
    T& value() & { return *std::get_if<T>(&state_); }
    T&& value() && { return std::move(*std::get_if<T>(&state_)); }

    Status status() const {
        const Status* failed = std::get_if<Status>(&state_);
        return failed == nullptr ? Status::ok() : *failed;
    }

 private:
    std::variant<T, Status> state_;
};

}  // namespace remora
