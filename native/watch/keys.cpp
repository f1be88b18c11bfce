#include "watch/keys.h"

#include <algorithm>

namespace remora {
namespace {

constexpr std::size_t kFilterMax = 60;
constexpr std::size_t kPage = 10;

void type(const KeyPress& pressed, ScreenOptions& options) {
    options.first_topic = 0;
    if (pressed.key == KeyCode::kText && options.filter.size() < kFilterMax) {
        options.filter += pressed.character;
    } else if (pressed.key == KeyCode::kBackspace && !options.filter.empty()) {
        options.filter.pop_back();
    } else if (pressed.key == KeyCode::kEscape) {
        options.filter.clear();
        options.is_typing = false;
    } else if (pressed.key == KeyCode::kEnter) {
        options.is_typing = false;
    }
}

void move(KeyCode key, ScreenOptions& options) {
    std::size_t& first = options.first_topic;
    switch (key) {
        case KeyCode::kUp:
            first -= std::min<std::size_t>(first, 1);
            return;
        case KeyCode::kPageUp:
            first -= std::min(first, kPage);
            return;
        case KeyCode::kDown:
            first += 1;  // screen_of() stops at the last ones
            return;
        case KeyCode::kPageDown:
            first += kPage;
            return;
        case KeyCode::kHome:
            first = 0;
            return;
        default:
            return;
    }
}

}  // namespace

bool press(const KeyPress& pressed, ScreenOptions& options) {
    if (options.is_typing) {
        type(pressed, options);
        return true;
    }
    if (pressed.key != KeyCode::kText) {
        if (pressed.key == KeyCode::kEscape) {
            options.is_help = false;
            options.filter.clear();
        }
        move(pressed.key, options);
        return true;
    }
    switch (pressed.character) {
        case 'q':
            return false;
        case 's':
            options.order = static_cast<TopicOrder>((static_cast<unsigned>(options.order) + 1) % 4);
            options.first_topic = 0;
            return true;
        case '/':
            options.is_typing = true;
            return true;
        case '?':
        case 'h':
            options.is_help = !options.is_help;
            return true;
        default:
            return true;
    }
}

}  // namespace remora
