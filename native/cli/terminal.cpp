#include "cli/terminal.h"

#include <curses.h>
#include <langinfo.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace remora {
namespace {

constexpr int kEscapeMs = 25;  // a key that begins with Escape comes whole within this time

enum Pair : short { kGoodPair = 1, kWarnPair, kBadPair };

// On dark and on light: green text is readable on both, yellow and red text are not, so these two
// bring their own background.
void set_colours() {
    const char* const wish = std::getenv("NO_COLOR");
    if (!has_colors() || (wish != nullptr && *wish != '\0')) {
        return;
    }
    start_color();
    use_default_colors();
    init_pair(kGoodPair, COLOR_GREEN, -1);
    init_pair(kWarnPair, COLOR_BLACK, COLOR_YELLOW);
    init_pair(kBadPair, COLOR_WHITE, COLOR_RED);
}

bool has_pairs() {
    short ink = 0;
    short paper = 0;
    return has_colors() && pair_content(kBadPair, &ink, &paper) != ERR && paper == COLOR_RED;
}

chtype attributes_of(Tone tone) {
    const bool colours = has_pairs();
    switch (tone) {
        case Tone::kTitle:
            return A_BOLD | A_UNDERLINE;
        case Tone::kDim:
            return A_DIM;
        case Tone::kGood:
            return colours ? static_cast<chtype>(COLOR_PAIR(kGoodPair)) : A_NORMAL;
        case Tone::kWarn:
            return colours ? static_cast<chtype>(COLOR_PAIR(kWarnPair)) : A_REVERSE;
        case Tone::kBad:
            return A_BOLD | (colours ? static_cast<chtype>(COLOR_PAIR(kBadPair)) : A_REVERSE);
        case Tone::kPlain:
            break;
    }
    return A_NORMAL;
}

}  // namespace

Result<std::unique_ptr<Terminal>> Terminal::open() {
    std::setlocale(LC_ALL, "");
    set_escdelay(kEscapeMs);
    const char* const name = std::getenv("TERM");
    // Not initscr(), which ends the process when it cannot.
    if (name == nullptr || newterm(nullptr, stdout, stdin) == nullptr) {
        return Status(Code::kUnavailable, std::string("the terminal ") +
                                              (name == nullptr ? "(TERM is not set)" : name) +
                                              " is not known here; --plain does without");
    }
    std::unique_ptr<Terminal> terminal(new Terminal());
    if (tigetstr("cup") == nullptr) {
        return Status(Code::kUnavailable, std::string("the terminal ") + name +
                                              " has no way to move about; --plain does without");
    }
    terminal->is_unicode_ = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    curs_set(0);
    set_colours();
    return terminal;
}

Terminal::~Terminal() {
    endwin();
}

std::size_t Terminal::columns() const {
    return static_cast<std::size_t>(COLS);
}

std::size_t Terminal::rows() const {
    return static_cast<std::size_t>(LINES);
}

void Terminal::draw(const std::vector<ScreenLine>& lines) {
    erase();
    for (std::size_t i = 0; i < lines.size() && i < rows(); ++i) {
        move(static_cast<int>(i), 0);
        for (const Span& span : lines[i]) {
            attrset(attributes_of(span.tone));
            addstr(span.text.c_str());
        }
    }
    attrset(A_NORMAL);
    refresh();
}

KeyPress Terminal::wait(int wait_ms) {
    timeout(wait_ms);
    const int key = getch();
    switch (key) {
        case ERR:
            return {};
        case KEY_UP:
            return {KeyCode::kUp};
        case KEY_DOWN:
            return {KeyCode::kDown};
        case KEY_PPAGE:
            return {KeyCode::kPageUp};
        case KEY_NPAGE:
            return {KeyCode::kPageDown};
        case KEY_HOME:
            return {KeyCode::kHome};
        case KEY_RESIZE:
            return {KeyCode::kResize};
        case KEY_BACKSPACE:
        case '\b':
        case 127:
            return {KeyCode::kBackspace};
        case '\n':
        case '\r':
        case KEY_ENTER:
            return {KeyCode::kEnter};
        case 27:
            return {KeyCode::kEscape};
        default:
            return key >= ' ' && key < 127 ? KeyPress{KeyCode::kText, static_cast<char>(key)}
                                           : KeyPress{};
    }
}

}  // namespace remora
