#!/usr/bin/env python3
"""What counts as a field or a method of a class, and that a class that is too large is found."""

import pathlib
import tempfile
import unittest

import class_sizes

CPP = '''
// class InAComment { int a; };
namespace n { namespace {
template <typename T>
class Whole final : public Base<T> {
 public:
    Whole(int a, int b) : a_(a), b_{b} {}  // not counted
    ~Whole() override;
    Whole(const Whole&) = delete;
    int get() const { if (a_ > 0) { return a_; } return b_; }
    virtual void put(std::map<int, int> all = {}) = 0;
    friend class Other;
    using Use = std::function<void(int)>;
    enum class Kind : int { kOne, kTwo };
    struct Inner { int x = 1, y = 2; };
 private:
    static constexpr int kMax = 5;
    int a_ = f(1);
    int b_{2};
    std::function<void(const char*)> call_;
    std::unordered_map<int, std::vector<int>> map_;
};
}}
'''
JAVA = '''
final class Shim {
    private static final int MAX = 4;
    private final Map<String, Integer> names = new HashMap<>();
    private int[] keys = {};
    private final Thread thread = new Thread() { @Override public void run() { work(); } };
    Shim(int a) { this.keys = null; }
    @SuppressWarnings("unchecked")
    private boolean work() { return true; }
    interface Call { void run() throws Exception; }
}
'''


class ClassSizesTest(unittest.TestCase):
    def sizes(self, text):
        return {found.name: (found.fields, found.methods) for found in class_sizes.sizes_of(text)}

    def test_counts_members_of_cpp_classes(self):
        self.assertEqual(self.sizes(CPP), {"Whole": (4, 2), "Inner": (2, 0)})

    def test_counts_members_of_java_classes(self):
        self.assertEqual(self.sizes(JAVA), {"Shim": (3, 1), "Call": (0, 1)})

    def check(self, text, reasons):
        with tempfile.TemporaryDirectory() as folder:
            source, allowed = pathlib.Path(folder, "large.h"), pathlib.Path(folder, "reasons.txt")
            source.write_text(text)
            allowed.write_text(reasons)
            problems = []
            class_sizes.check([source], allowed, problems)
            return problems

    def test_finds_what_is_too_large_and_reasons_that_nothing_needs(self):
        large = "class Large {\n" + "".join(f"    int a{i}_;\n    void f{i}();\n" for i in range(26)) + "};\n"
        self.assertEqual(len(self.check(large, "")), 2)
        reasons = "large.h Large: 26 fields: why\nlarge.h Large: 26 methods: why\n"
        self.assertEqual(self.check(large, reasons), [])
        self.assertEqual(len(self.check(large, reasons.replace("26 fields", "25 fields"))), 1)
        self.assertEqual(len(self.check("", reasons)), 2)
        self.assertEqual(len(self.check("\n" * 501, "")), 1)


if __name__ == "__main__":
    unittest.main()
