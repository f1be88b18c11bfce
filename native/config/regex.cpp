#include "config/regex.h"

#include <algorithm>
#include <utility>

#include "config/regex_parser.h"

namespace remora {
namespace {

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool contains(const Regex::Set& set, char c) {
    const auto byte = static_cast<unsigned char>(c);
    return ((set[byte / 64] >> (byte % 64)) & 1U) != 0;
}

bool holds(Regex::Assertion assertion, std::string_view text, std::size_t at) {
    const bool before = at > 0 && is_word(text[at - 1]);
    const bool after = at < text.size() && is_word(text[at]);
    switch (assertion) {
        case Regex::Assertion::kBegin:
            return at == 0;
        case Regex::Assertion::kEnd:
            return at == text.size();
        case Regex::Assertion::kWord:
            return before != after;
        case Regex::Assertion::kNotWord:
            return before == after;
    }
    return false;
}

// The states that a text has led to so far. Each state enters a step at most once, which is what
// bounds the time.
class Threads {
 public:
    Threads(const std::vector<Regex::Instruction>& program, std::string_view text)
        : program_(program), text_(text), seen_(program.size(), 0) {}

    void begin_step() {
        ++step_;
        states_.clear();
    }

    // Adds `state` and all that is reached from it without reading. True when the match state is.
    bool add(std::uint32_t state, std::size_t at) {
        bool matched = false;
        stack_.push_back(state);
        while (!stack_.empty()) {
            const std::uint32_t top = stack_.back();
            stack_.pop_back();
            if (seen_[top] == step_) {
                continue;
            }
            seen_[top] = step_;
            const Regex::Instruction& instruction = program_[top];
            switch (instruction.op) {
                case Regex::Op::kSet:
                    states_.push_back(top);
                    break;
                case Regex::Op::kSplit:
                    stack_.push_back(instruction.x);
                    stack_.push_back(instruction.y);
                    break;
                case Regex::Op::kAssert:
                    if (holds(static_cast<Regex::Assertion>(instruction.y), text_, at)) {
                        stack_.push_back(instruction.x);
                    }
                    break;
                case Regex::Op::kMatch:
                    matched = true;
                    break;
            }
        }
        return matched;
    }

    std::vector<std::uint32_t>& states() { return states_; }

 private:
    const std::vector<Regex::Instruction>& program_;
    std::string_view text_;
    std::vector<std::size_t> seen_;
    std::vector<std::uint32_t> states_;
    std::vector<std::uint32_t> stack_;
    std::size_t step_ = 0;
};

}  // namespace

// Turns a syntax tree into a program.
class RegexCompiler {
 public:
    explicit RegexCompiler(const RegexTree& tree) : tree_(tree) {}

    Result<Regex> run() {
        const std::uint32_t match = emit({Regex::Op::kMatch, 0, 0});
        const std::uint32_t start = compile(tree_.root, match);
        if (too_large_) {
            return Status(Code::kInvalidArgument,
                          "the expression is too large: its repetitions expand to more than " +
                              std::to_string(Regex::kProgramMax) + " steps");
        }
        // matches() starts at the last instruction: put a split there whatever the tree begins
        // with.
        regex_.program_.push_back({Regex::Op::kSplit, start, start});
        regex_.sets_ = tree_.sets;
        find_prefix();
        return std::move(regex_);
    }

 private:
    std::uint32_t emit(Regex::Instruction instruction) {
        if (regex_.program_.size() >= Regex::kProgramMax) {
            too_large_ = true;
            return 0;
        }
        regex_.program_.push_back(instruction);
        return static_cast<std::uint32_t>(regex_.program_.size() - 1);
    }

    // Program of `node` that goes on at `next`; returns where it begins. Built back to front.
    std::uint32_t compile(std::uint32_t index, std::uint32_t next) {
        const RegexNode& node = tree_.nodes[index];
        // Steps are counted too: a repeated empty group takes time without making a program.
        if (++steps_ > 4 * Regex::kProgramMax) {
            too_large_ = true;
        }
        if (too_large_) {
            return next;
        }
        switch (node.kind) {
            case RegexNode::Kind::kEmpty:
                return next;
            case RegexNode::Kind::kSet:
                return emit({Regex::Op::kSet, next, node.value});
            case RegexNode::Kind::kAssert:
                return emit({Regex::Op::kAssert, next, node.value});
            case RegexNode::Kind::kConcat:
                for (auto child = node.children.rbegin(); child != node.children.rend(); ++child) {
                    next = compile(*child, next);
                }
                return next;
            case RegexNode::Kind::kAlternate: {
                std::uint32_t start = compile(node.children.back(), next);
                for (std::size_t i = node.children.size() - 1; i-- > 0;) {
                    start = emit({Regex::Op::kSplit, compile(node.children[i], next), start});
                }
                return start;
            }
            case RegexNode::Kind::kRepeat:
                return repeat(node, next);
        }
        return next;
    }

    std::uint32_t repeat(const RegexNode& node, std::uint32_t next) {
        const std::uint32_t child = node.children.front();
        std::uint32_t start = next;
        if (node.repeat_max == RegexNode::kUnbounded) {
            const std::uint32_t loop = emit({Regex::Op::kSplit, next, next});
            const std::uint32_t body = compile(child, loop);
            if (!too_large_) {
                regex_.program_[loop].x = body;
            }
            start = loop;
        } else {
            for (std::uint32_t i = node.repeat_min; i < node.repeat_max && !too_large_; ++i) {
                start = emit({Regex::Op::kSplit, compile(child, start), next});
            }
        }
        for (std::uint32_t i = 0; i < node.repeat_min && !too_large_; ++i) {
            start = compile(child, start);
        }
        return start;
    }

    // Most expressions of operators are `orders`, `orders-.*`: no program is run for these.
    void find_prefix() {
        const RegexNode& root = tree_.nodes[tree_.root];
        std::vector<std::uint32_t> parts;
        if (root.kind == RegexNode::Kind::kConcat) {
            parts = root.children;
        } else {
            parts.push_back(tree_.root);
        }
        std::size_t at = 0;
        for (; at < parts.size(); ++at) {
            const RegexNode& part = tree_.nodes[parts[at]];
            const int only =
                part.kind == RegexNode::Kind::kSet ? single(tree_.sets[part.value]) : -1;
            if (only < 0) {
                break;
            }
            regex_.prefix_ += static_cast<char>(only);
        }
        regex_.literal_ = at == parts.size();
        if (at + 1 == parts.size()) {
            const RegexNode& last = tree_.nodes[parts[at]];
            regex_.prefix_then_any_ = last.kind == RegexNode::Kind::kRepeat &&
                                      last.repeat_min == 0 &&
                                      last.repeat_max == RegexNode::kUnbounded &&
                                      is_any(tree_.nodes[last.children.front()]);
        }
    }

    bool is_any(const RegexNode& node) const {
        const Regex::Set any = {~0ULL, ~0ULL, ~0ULL, ~0ULL};
        return node.kind == RegexNode::Kind::kSet && tree_.sets[node.value] == any;
    }

    static int single(const Regex::Set& set) {
        int found = -1;
        for (int c = 0; c < 256; ++c) {
            if (contains(set, static_cast<char>(c))) {
                if (found >= 0) {
                    return -1;
                }
                found = c;
            }
        }
        return found;
    }

    const RegexTree& tree_;
    Regex regex_;
    std::size_t steps_ = 0;
    bool too_large_ = false;
};

Result<Regex> Regex::compile(std::string_view pattern) {
    Result<RegexTree> tree = parse_regex(pattern);
    if (!tree) {
        return tree.status();
    }
    return RegexCompiler(tree.value()).run();
}

bool Regex::matches(std::string_view text) const {
    if (literal_) {
        return text == prefix_;
    }
    if (text.substr(0, prefix_.size()) != prefix_) {
        return false;
    }
    if (prefix_then_any_) {
        return true;
    }
    Threads threads(program_, text);
    threads.begin_step();
    bool matched = threads.add(static_cast<std::uint32_t>(program_.size() - 1), 0);
    std::vector<std::uint32_t> current;
    for (std::size_t at = 0; at < text.size(); ++at) {
        current.swap(threads.states());
        threads.begin_step();
        matched = false;
        for (const std::uint32_t state : current) {
            if (contains(sets_[program_[state].y], text[at])) {
                matched = threads.add(program_[state].x, at + 1) || matched;
            }
        }
        if (threads.states().empty() && !matched) {
            return false;
        }
    }
    return matched;
}

}  // namespace remora
