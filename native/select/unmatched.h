// What a configuration names and the broker does not have.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "config/config.h"
#include "model/bean.h"

namespace remora {

// Watches the patterns, rules, list entries and label expressions of a configuration until beans
// have matched them. Expressions on clients, users and groups are not among them: those come and
// go. Rules of the optimizer are not, either: no operator wrote them.
//
// Thread safety: one thread at a time.
class Unmatched {
 public:
    explicit Unmatched(const Config& config);

    // A bean that there is, whether it is collected or not.
    void see(const Bean& bean);
    bool is_empty() const { return entries_.empty(); }
    // One line that names what no bean has matched so far, of the many the first; empty when there
    // is nothing of the kind.
    std::string sentence() const;

 private:
    struct Entry {
        std::string text;  // key and what stands there
        std::function<bool(const Bean&)> matches;
    };

    void add_patterns(const std::string& key, const std::vector<std::string>& patterns);
    void add_labels(const std::string& key, const std::vector<TextPair>& labels);
    void add_globs(const std::string& key, const std::vector<std::string>& globs);
    void add_rules(std::span<const RuleConfig> rules);
    void add_topics(const TopicsConfig& topics);

    std::vector<Entry> entries_;
};

}  // namespace remora
