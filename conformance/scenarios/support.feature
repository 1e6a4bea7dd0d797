Feature: Who gets how much
  Categories add up, end and come back; ALDIS learns of some of them late. The retailer takes off what ALDIS says, no more, no less.
  Latviski: Kam cik pienākas

  @DIS-03
  Scenario: Two categories of one person add up
    Latviski: Vienas personas divas kategorijas summējas
    Given it is 2 March 2026
    And Līga Ozoliņa is of a large family since 1 January 2025
    And Līga Ozoliņa has 1 children with disability since 1 January 2025
    When Līga Ozoliņa signs contract 40-001 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 40-001 for March 2026: 88.88 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Līga Ozoliņa 45.00 EUR in March 2026
    And the retailer has done all that is required of it

  @DIS-01 @PAY-03
  Scenario: Support ends and is granted again
    Latviski: Atbalsts beidzas un tiek piešķirts no jauna
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income from 1 January 2026 until 31 March 2026
    And Anna Bērziņa is poor or low-income since 1 May 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 18.40 EUR net
    And the retailer reports its payouts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 30.00 EUR net
    And the retailer reports its payouts
    And ALDIS decides for May 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for May 2026: 30.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 June 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And ALDIS has granted Anna Bērziņa 0.00 EUR in April 2026
    And ALDIS has granted Anna Bērziņa 20.00 EUR in May 2026
    And the retailer has done all that is required of it

  @PAY-03
  Scenario: Maintenance arrears exclude from support, but not a person of disability group I
    Latviski: Uzturlīdzekļu parāds liedz atbalstu, bet ne personai ar I grupas invaliditāti
    Given it is 2 March 2026
    And Pēteris Liepiņš is poor or low-income since 1 January 2026
    And Pēteris Liepiņš has maintenance arrears since 1 February 2026
    And Inga Vītola is of disability group I since 1 January 2026
    And Inga Vītola has maintenance arrears since 1 February 2026
    When Pēteris Liepiņš signs contract 500 from 1 March 2026
    And Inga Vītola signs contract 501 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills for March 2026:
      | contract | EUR net |
      | 500      | 41.00   |
      | 501      | 42.00   |
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Pēteris Liepiņš 0.00 EUR in March 2026
    And ALDIS has granted Inga Vītola 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @DIS-02
  Scenario: ALDIS learns of a category late and makes the earlier month good
    Latviski: ALDIS par kategoriju uzzina vēlu un iepriekšējo mēnesi izlīdzina
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 March 2026
    And ALDIS learns of this only on 20 March 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 55.55 EUR net
    And the retailer reports its payouts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 55.55 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 0.00 EUR in March 2026
    And ALDIS has granted Anna Bērziņa 40.00 EUR in April 2026
    And the retailer has done all that is required of it

  @DIS-03
  Scenario: Each child with a disability counts
    Latviski: Pienākas par katru bērnu ar invaliditāti
    Given it is 2 March 2026
    And Līga Ozoliņa has 2 children with disability since 1 January 2025
    When Līga Ozoliņa signs contract 40-001 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 40-001 for March 2026: 88.88 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Līga Ozoliņa 40.00 EUR in March 2026
    And the retailer has done all that is required of it

  @DIS-03
  Scenario: A guardian gets support for each ward
    Latviski: Aizbildnim pienākas par katru aizbilstamo
    Given it is 2 March 2026
    And Andris Vītols is guardian of 2 wards since 1 January 2025
    When Andris Vītols signs contract 40-002 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 40-002 for March 2026: 51.30 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Andris Vītols 40.00 EUR in March 2026
    And the retailer has done all that is required of it

  @DIS-02 @PAY-03
  Scenario: Rates rise in August 2023 for the whole month, and September makes August good
    Latviski: 2023. gada augustā likmes pieaug par visu mēnesi, un septembrī augustu izlīdzina
    Given it is 3 July 2023
    And Anna Bērziņa is poor or low-income since 1 January 2023
    When Anna Bērziņa signs contract 0012345678 from 1 July 2023
    And the retailer reports its contracts
    And ALDIS decides for July 2023
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for July 2023: 40.00 EUR net
    And the retailer reports its payouts
    And ALDIS decides for August 2023
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for August 2023: 40.00 EUR net
    And the retailer reports its payouts
    And ALDIS decides for September 2023
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for September 2023: 40.00 EUR net
    And the retailer reports its payouts
    And time goes on to 23 October 2023
    Then ALDIS has granted Anna Bērziņa 15.00 EUR in July 2023
    And ALDIS has granted Anna Bērziņa 15.00 EUR in August 2023
    And ALDIS has granted Anna Bērziņa 25.00 EUR in September 2023
    And the retailer has done all that is required of it

  @PAY-03
  Scenario: Maintenance arrears are paid and support comes back
    Latviski: Uzturlīdzekļu parāds ir segts, un atbalsts atjaunojas
    Given it is 2 March 2026
    And Pēteris Liepiņš is poor or low-income since 1 January 2026
    And Pēteris Liepiņš has maintenance arrears from 1 February 2026 until 31 March 2026
    When Pēteris Liepiņš signs contract 500 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 500 for March 2026: 41.00 EUR net
    And the retailer reports its payouts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 500 for April 2026: 41.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Pēteris Liepiņš 0.00 EUR in March 2026
    And ALDIS has granted Pēteris Liepiņš 20.00 EUR in April 2026
    And the retailer has done all that is required of it

  @PAY-03
  Scenario: The municipality names a contract that no retailer has reported
    Latviski: Pašvaldība nosauc līgumu, kuru neviens tirgotājs nav paziņojis
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And the municipality names contract 0099999999 for Anna Bērziņa
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @DIS-01 @PAY-05
  Scenario: Support ends with the year and nothing is carried into the next
    Latviski: Atbalsts beidzas ar gadu, un nekas nepāriet uz nākamo
    Given it is 2 November 2026
    And Anna Bērziņa is poor or low-income from 1 January 2026 until 31 December 2026
    When Anna Bērziņa signs contract 0012345678 from 1 November 2026
    And the retailer reports its contracts
    And ALDIS decides for November 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for November 2026: 5.00 EUR net
    And the retailer reports its payouts
    And ALDIS decides for December 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for December 2026: 7.00 EUR net
    And the retailer reports its payouts
    And ALDIS decides for January 2027
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for January 2027: 77.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 February 2027
    Then ALDIS has granted Anna Bērziņa 0.00 EUR in January 2027
    And the retailer has done all that is required of it

  @PAY-03
  Scenario: Support of December that is made good in January belongs to the new year
    Latviski: Decembra atbalsts, ko izlīdzina janvārī, pieder jaunajam gadam
    Given it is 1 December 2026
    And Anna Bērziņa is poor or low-income since 1 December 2026
    And ALDIS learns of this only on 20 December 2026
    When Anna Bērziņa signs contract 0012345678 from 1 December 2026
    And the retailer reports its contracts
    And ALDIS decides for December 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for December 2026: 30.00 EUR net
    And the retailer reports its payouts
    And ALDIS decides for January 2027
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for January 2027: 30.00 EUR net
    And the retailer reports its payouts
    And ALDIS decides for February 2027
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for February 2027: 30.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 March 2027
    Then ALDIS has granted Anna Bērziņa 40.00 EUR in January 2027
    And the retailer has done all that is required of it
