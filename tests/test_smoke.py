def test_one_case_goes_round(story):
    story.receives()
    assert story.waiting_for == {"complete_record"}
    story.goes_through("complete_record", "screen", "dispatch", "sign", "contact_citizen", "handle")
    story.goes_through("write_answer", "review_answer", "answer_directly", "callback")
    assert story.case.status == "closed"
    assert story.chain_is_whole()
