// What the published agents of jmx_exporter make of the vectors in tests/rules, and what we do.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "rules/rule_file.h"
#include "support/golden.h"

namespace remora {
namespace {

struct Sample {
    std::string bean;
    std::string path;
    std::string type;
    std::string value;
    std::string description;
};

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == separator) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

std::vector<Sample> read_samples() {
    std::vector<Sample> samples;
    std::istringstream file(read_source_file("tests/rules/beans.tsv"));
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] == '#') {
            continue;
        }
        std::vector<std::string> columns = split(line, '\t');
        const std::size_t newline = columns[3].find("\\n");
        if (newline != std::string::npos) {
            columns[3].replace(newline, 2, "\n");
        }
        samples.push_back({columns[0], columns[1], columns[2], columns[3], columns[4]});
    }
    return samples;
}

// Texts of a file by what stands behind `mark` at the beginning of a line.
std::vector<std::pair<std::string, std::string>> sections(const std::string& path,
                                                          const std::string& mark) {
    std::vector<std::pair<std::string, std::string>> found;
    std::istringstream file(read_source_file(path));
    for (std::string line; std::getline(file, line);) {
        if (line.rfind(mark, 0) == 0) {
            found.emplace_back(line.substr(mark.size()), "");
        } else if (!found.empty()) {
            found.back().second += line + "\n";
        }
    }
    return found;
}

std::string escaped(const std::string& text, const std::string& signs) {
    std::string result;
    for (const char c : text) {
        result += c == '\n'                            ? "\\n"
                  : signs.find(c) != std::string::npos ? std::string("\\") + c
                                                       : std::string(1, c);
    }
    return result;
}

// One line of a page without number and help: name, labels, type.
std::string head_of(const Series& series) {
    std::map<std::string, std::string> labels;
    for (const Label& label : series.labels) {
        labels[label.name] = label.value;
    }
    std::string text = series.name + "{";
    const char* between = "";
    for (const auto& [name, value] : labels) {
        text += between + name + "=\"" + escaped(value, "\\\"") + "\"";
        between = ",";
    }
    const char* type = series.type == MetricType::kCounter ? "counter"
                       : series.type == MetricType::kGauge ? "gauge"
                                                           : "untyped";
    return text + "}\t" + type;
}

double number_of(const Sample& sample) {
    return sample.type == "boolean" ? sample.value == "true"
                                    : std::strtod(sample.value.c_str(), nullptr);
}

struct Page {
    std::multimap<std::string, double> series;           // by their heads
    std::map<std::string, std::set<std::string>> helps;  // by name; a family shows one of them
};

Page page_of(const NamingRules& rules, const std::vector<Sample>& samples) {
    Page page;
    for (const Sample& from : samples) {
        const Result<ObjectName> bean = ObjectName::parse(from.bean);
        EXPECT_TRUE(bean) << from.bean;
        const std::size_t slash = from.path.find('/');
        const std::string outermost = from.path.substr(0, slash);
        if (!rules.takes(bean.value()) || !rules.takes(bean.value(), outermost)) {
            continue;
        }
        NamingSample sample;
        sample.bean = &bean.value();
        sample.attribute = outermost;
        if (slash != std::string::npos) {
            sample.keys = {outermost};
            sample.attribute = std::string_view(from.path).substr(slash + 1);
        }
        sample.description = from.description;
        const bool is_text = from.type == "string" || from.type == "enum";
        sample.type = is_text                  ? ValueType::kText
                      : from.type == "boolean" ? ValueType::kBoolean
                                               : ValueType::kNumber;
        sample.value = from.value;
        const NamingOutcome outcome = rules.apply(sample);
        if (outcome.kind == NamingOutcome::Kind::kSeries) {
            const double value = outcome.value.value_or(number_of(from));
            page.series.emplace(head_of(outcome.series), value * outcome.series.scale);
            page.helps[outcome.series.name].insert(escaped(outcome.series.help, "\\"));
        }
    }
    return page;
}

Page recorded(const std::string& text) {
    Page page;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const std::vector<std::string> columns = split(line, '\t');
        EXPECT_EQ(columns.size(), 4U) << line;
        const std::string number = columns[1] == "+Inf" ? "inf" : columns[1];
        page.series.emplace(columns[0] + "\t" + columns[2], std::strtod(number.c_str(), nullptr));
        page.helps[columns[0].substr(0, columns[0].find('{'))].insert(columns[3]);
    }
    return page;
}

std::string text_of(const Page& page) {
    std::string text;
    for (const auto& [head, value] : page.series) {
        text += head + "\t" + std::to_string(value) + "\n";
    }
    return text;
}

void expect_pages_of(const std::string& version, NamesDialect dialect) {
    const std::vector<Sample> samples = read_samples();
    const auto vectors = sections("tests/rules/vectors.yml", "--- # ");
    const auto pages = sections("tests/rules/expected-" + version + ".txt", "=== ");
    ASSERT_GE(vectors.size(), 30U);
    ASSERT_EQ(vectors.size(), pages.size());
    for (std::size_t i = 0; i < vectors.size(); ++i) {
        EXPECT_EQ(vectors[i].first, pages[i].first);
        const RuleFileOutcome outcome = parse_rule_file(vectors[i].second, "rules.yml", dialect);
        EXPECT_TRUE(outcome.is_ok()) << vectors[i].first << ": " << outcome.errors.front().text;
        const Page ours = page_of(outcome.rules, samples);
        const Page theirs = recorded(pages[i].second);
        EXPECT_EQ(text_of(ours), text_of(theirs)) << vectors[i].first;
        // Of a family's helps they show that of the first bean, in an order of their own.
        for (const auto& [name, helps] : theirs.helps) {
            const auto found = ours.helps.find(name);
            EXPECT_TRUE(found != ours.helps.end() && helps.size() == 1 &&
                        found->second.count(*helps.begin()) == 1)
                << vectors[i].first << ": " << name << ": " << *helps.begin();
        }
    }
}

TEST(NamingRulesExporterTest, SaysWhatThePagesOf020Say) {
    expect_pages_of("0.20.0", NamesDialect::kExporter020);
}

TEST(NamingRulesExporterTest, SaysWhatThePagesOf1xSay) {
    expect_pages_of("1.0.1", NamesDialect::kExporter1x);
}

TEST(NamingRulesExporterTest, WhatDoesNotDependOnTheValueIsTheSameForAnyNumber) {
    const std::vector<Sample> samples = read_samples();
    std::size_t kept = 0;
    std::size_t changing = 0;
    for (const auto& [name, text] : sections("tests/rules/vectors.yml", "--- # ")) {
        const RuleFileOutcome file = parse_rule_file(text, name, NamesDialect::kExporter1x);
        for (const Sample& from : samples) {
            const Result<ObjectName> bean = ObjectName::parse(from.bean);
            NamingSample sample;
            sample.bean = &bean.value();
            sample.attribute = from.path;
            sample.value = "0";
            if (file.rules.depends_on_value(sample)) {
                ++changing;
                continue;
            }
            ++kept;
            const NamingOutcome first = file.rules.apply(sample);
            for (const char* value : {"7", "-1.5", "1.0E10", "NaN", "true", "12345678901"}) {
                sample.value = value;
                const NamingOutcome other = file.rules.apply(sample);
                EXPECT_EQ(other.kind, first.kind) << name << ": " << from.path << " " << value;
                EXPECT_EQ(other.value, first.value) << name << ": " << from.path << " " << value;
                EXPECT_EQ(head_of(other.series), head_of(first.series)) << name << ": " << value;
            }
        }
    }
    EXPECT_GT(kept, changing) << "most rules do not look";
    EXPECT_GT(changing, 0U);
}

}  // namespace
}  // namespace remora
