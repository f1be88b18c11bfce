# The pages: `ctest -L docs`.
if(TARGET remora)
    add_test(NAME docs.pages COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/docs_test.py)
    set_tests_properties(docs.pages PROPERTIES LABELS docs TIMEOUT 300
        ENVIRONMENT "REMORA_TOOL=$<TARGET_FILE:remora>;PYTHONDONTWRITEBYTECODE=1")
endif()
