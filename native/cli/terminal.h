// A terminal in which a screen is drawn and keys are read: the one file that knows ncurses.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/status.h"
#include "watch/keys.h"
#include "watch/screen.h"

namespace remora {

// Has the terminal's other screen for as long as it lives; the text before comes back with the
// shell. One at a time.
//
// Thread safety: one thread.
class Terminal {
 public:
    // kUnavailable when the terminal of this process is not known or can do too little.
    static Result<std::unique_ptr<Terminal>> open();
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    std::size_t columns() const;
    std::size_t rows() const;
    // Whether it shows more than ASCII.
    bool is_unicode() const { return is_unicode_; }

    void draw(const std::vector<ScreenLine>& lines);
    // The next key; KeyCode::kNone when none came within `wait_ms`.
    KeyPress wait(int wait_ms);

 private:
    Terminal() = default;

    bool is_unicode_ = false;
};

}  // namespace remora
